import { execa } from 'execa'

/** A named pipe at `path` that nobody writes to. */
export async function makePipe(path: string): Promise<void> {
  await execa('mkfifo', [path])
}
