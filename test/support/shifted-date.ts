/**
 * Loaded before a program (`node --import`), it gives the program a wrong clock: `Date` is off by the milliseconds that stand in the file that `SHIFTED_DATE_FILE`
 * names, read anew some times a second. Timers of the process go on as they are, as they do where a real clock is set.
 */
import { readFileSync } from 'node:fs'

const READ_EVERY_MS = 100
const file = process.env.SHIFTED_DATE_FILE

if (file !== undefined) {
  const RightDate = Date
  const shift = { readAtMs: Number.NEGATIVE_INFINITY, ms: 0 }
  const now = (): number => {
    if (performance.now() - shift.readAtMs > READ_EVERY_MS) {
      shift.readAtMs = performance.now()
      shift.ms = Number(readFileSync(file, 'utf8'))
    }
    return RightDate.now() + shift.ms
  }
  globalThis.Date = new Proxy(RightDate, {
    construct: (target, args: ConstructorParameters<DateConstructor>, self) =>
      Reflect.construct(target, [...args].length === 0 ? [now()] : args, self) as Date,
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}
