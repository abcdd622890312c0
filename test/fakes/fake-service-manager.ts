import type { ServiceManager, ServiceState } from '../../agent/process/service-manager.ts'

/** A service manager that remembers what it was told. */
export interface FakeServiceManager extends ServiceManager {
  /** Everything told, `stopping` at the end. */
  readonly told: readonly (ServiceState | 'stopping')[]
}

export function createFakeServiceManager(): FakeServiceManager {
  const told: (ServiceState | 'stopping')[] = []
  return {
    told,
    tell(state) {
      told.push(state)
    },
    async stopping() {
      told.push('stopping')
    },
  }
}
