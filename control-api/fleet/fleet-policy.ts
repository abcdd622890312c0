import { readFile } from 'node:fs/promises'
import { parseConfig } from '../../rules/config/parse-config.ts'
import { checkDetectPolicy, DEFAULT_DETECT_POLICY, DETECT_OPTIONS, type DetectPolicy } from '../../rules/detect/detect-policy.ts'

/** The policy for the sum over all edges. @throws ConfigError; the system's own error where the file cannot be read */
export async function readFleetPolicy(file: string | null): Promise<DetectPolicy> {
  return file === null ? DEFAULT_DETECT_POLICY : parseConfig(DETECT_OPTIONS, await readFile(file, 'utf8'), checkDetectPolicy)
}
