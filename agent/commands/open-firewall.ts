import { type BackendOptions, type BackendWish, type ChosenFirewall, chooseBackend } from '../firewall/choose-backend.ts'
import type { Log } from '../log/log.ts'
import type { RunProgram } from '../process/run-program.ts'

/** Opens the backend that the config names, and tells the log what the choice was and what had to be put right. */
export async function openFirewall(
  backend: BackendWish,
  run: RunProgram,
  log: Log,
  direct: BackendOptions['direct'] = {},
): Promise<ChosenFirewall> {
  const chosen = await chooseBackend(backend, {
    run,
    direct,
    onMisfit: ({ code, message }) => log.warn({ code, reason: message }, 'kernel did not hold what was left there'),
  })
  const { firewall, reason } = chosen
  if (backend !== 'auto' || reason === '') return chosen
  if (firewall.backend === 'dry-run') log.error({ reason }, 'no backend can be used; no packet is judged')
  else log.warn({ reason, backend: firewall.backend }, 'nft cannot be used; another backend was chosen')
  return chosen
}
