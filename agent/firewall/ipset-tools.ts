import { setTimeout as pause } from 'node:timers/promises'
import { destroyText } from '../../rules/firewall/compile-ipset.ts'
import { CHANGE_SET, type Family } from '../../rules/firewall/ipset-layout.ts'
import { ProgramError } from '../process/program-error.ts'
import type { ProgramFile, ProgramOptions, ProgramResult, RunProgram } from '../process/run-program.ts'
import type { FirewallError } from './firewall-error.ts'
import { ipsetFault, isNotInSet, isStillInUse } from './ipset-fault.ts'
import { type FamilyState, type IpsetState, readFamilyState, readSets } from './ipset-state.ts'
import { type IptablesVariant, iptablesFile } from './iptables-variant.ts'
import { runFault } from './nft-fault.ts'

export interface IpsetToolsOptions {
  readonly run: RunProgram
  readonly variant: IptablesVariant
  /** One call of one tool. */
  readonly timeoutMs: number
  /** Told of each fault of a tool that did not run to its end. */
  readonly onCutOff: (fault: FirewallError) => void
}

/** ipset(8) and both families of iptables; each call is one program. `doing` begins the message of a fault. All throw FirewallError. */
export interface IpsetTools {
  restoreSets(doing: string, input: Iterable<string>): Promise<void>
  restoreRules(doing: string, family: Family, text: string, args?: readonly string[]): Promise<void>
  /** True where every element is there that `text`, lines of `test`, asks for. */
  areThere(doing: string, text: string): Promise<boolean>
  /** `ipset save` of one set. */
  saveSet(doing: string, name: string, options?: ProgramOptions): Promise<string>
  readFamily(family: Family): Promise<FamilyState>
  /** `iptables-save` with its counters. */
  saveRules(doing: string, family: Family): Promise<string>
  /** Rules of both families and the heads of all sets, side by side. */
  readState(): Promise<IpsetState>
  /** Destroys sets of ours; waits where old rules still hold them. */
  destroySets(doing: string, names: readonly string[]): Promise<void>
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
/** Seconds to wait for another iptables (legacy) to be done. */
const LOCK_WAIT_S = '30'
/** How long old rules may hold their sets. */
const CLEAR = { attempts: 25, pauseMs: 20 } as const
const READING = 'Cannot read what is in force'

export function createIpsetTools({ run, variant, timeoutMs, onCutOff }: IpsetToolsOptions): IpsetTools {
  const tryTool = async (
    doing: string,
    file: ProgramFile,
    args: readonly string[],
    options: ProgramOptions = {},
  ): Promise<ProgramResult> => {
    try {
      return await run(file, args, { timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES, ...options })
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error
      const fault = runFault(doing, error)
      if (fault.code === 'NOT_FINISHED') onCutOff(fault)
      throw fault
    }
  }

  const tool: (...call: Parameters<typeof tryTool>) => Promise<string> = async (doing, file, args, options) => {
    const { exitCode, stdout, stderr } = await tryTool(doing, file, args, options)
    if (exitCode !== 0) throw ipsetFault(doing, file, stderr)
    return stdout
  }

  const readFamily = async (family: Family): Promise<FamilyState> =>
    readFamilyState(await tool(READING, iptablesFile(variant, family, 'save'), ['-t', 'filter']), family)

  const readSetHeads = async (): Promise<IpsetState['sets']> => readSets(await tool(READING, 'ipset', ['list', '-terse']))

  return {
    readFamily,
    async restoreSets(doing, input) {
      await tool(doing, 'ipset', ['restore'], { input })
    },
    async restoreRules(doing, family, text, args = []) {
      await tool(doing, iptablesFile(variant, family, 'restore'), ['--noflush', '-w', LOCK_WAIT_S, ...args], { input: [text] })
    },
    async areThere(doing, text) {
      // Interactive: it goes on after each answer, and always ends with 0.
      const { stderr } = await tryTool(doing, 'ipset', ['-'], { input: [text] })
      const answers = stderr.split('\n').filter((line) => line !== '' && !/ is in set /.test(line))
      const fault = answers.find((line) => !isNotInSet(line))
      if (fault !== undefined) throw ipsetFault(doing, 'ipset', fault)
      return answers.length === 0
    },
    saveRules: (doing, family) => tool(doing, iptablesFile(variant, family, 'save'), ['-c', '-t', 'filter'], { priority: 'low' }),
    saveSet: (doing, name, options) => tool(doing, 'ipset', ['save', name], options),
    async readState() {
      const [v4, v6, sets] = await Promise.all([readFamily(4), readFamily(6), readSetHeads()])
      return { families: { 4: v4, 6: v6 }, sets }
    },
    async destroySets(doing, names) {
      // The mark of a change first: the others may have to wait.
      let left = [...names].sort((a, b) => Number(b === CHANGE_SET) - Number(a === CHANGE_SET))
      for (let attempt = 1; left.length > 0; attempt += 1) {
        const { exitCode, stderr } = await tryTool(doing, 'ipset', ['restore'], { input: [destroyText(left)] })
        if (exitCode === 0) return
        if (!isStillInUse(stderr) || attempt === CLEAR.attempts) throw ipsetFault(doing, 'ipset', stderr)
        await pause(CLEAR.pauseMs)
        const there = await readSetHeads()
        left = left.filter((name) => there.has(name))
      }
    },
  }
}
