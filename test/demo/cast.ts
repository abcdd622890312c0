import type { ControlClient } from '../support/control-client.ts'
import type { Seeded } from '../support/seeded.ts'

/** A registration as `GET /v1/registrations` tells it, as far as the story needs it. */
export interface RegistrationItem {
  readonly id: number
  readonly facility: string
  readonly facilityName: string
  readonly province: string
  readonly block: string
}

/** Who plays. */
export interface Cast {
  /** A hospital of the sample with an approved line, that gets a new one; the new address is nobody's yet. */
  readonly hospital: {
    readonly facility: string
    readonly name: string
    readonly province: string
    readonly address: string
    readonly newAddress: string
  }
  /** Somebody on the internet; the address is on no list. */
  readonly stranger: { readonly address: string }
  /** A machine at a facility whose address is approved, with the shared account of another facility. */
  readonly harvester: { readonly facility: string; readonly address: string; readonly account: string }
}

/** Chooses the cast from what is registered. @throws Error when the sample is too small for three facilities */
export async function chooseCast(api: ControlClient, seeded: Seeded): Promise<Cast> {
  const { items } = await api.get<{ items: readonly RegistrationItem[] }>('/v1/registrations?state=approved&limit=500')
  const hosts = items.filter(({ block }) => /^\d+\.\d+\.\d+\.\d+(?:\/32)?$/.test(block))
  const facilities = [...new Map(hosts.map((item) => [item.facility, item])).values()]
  const hospital = facilities.find(({ facilityName }) => facilityName.startsWith('Bệnh viện')) ?? facilities[0]
  const [harvester, victim] = facilities.filter((item) => item !== hospital)
  if (hospital === undefined || harvester === undefined || victim === undefined)
    throw new Error('Cannot choose who plays: the sample holds fewer than three facilities')
  return {
    hospital: {
      facility: hospital.facility,
      name: hospital.facilityName,
      province: hospital.province,
      address: addressOf(hospital),
      newAddress: await findFreeAddress(api, seeded),
    },
    stranger: { address: await findFreeAddress(api, seeded) },
    harvester: { facility: harvester.facility, address: addressOf(harvester), account: `${victim.facility}_BV` },
  }
}

function addressOf({ block }: RegistrationItem): string {
  return block.replace(/\/32$/, '')
}

/** An address of a range routed in Viet Nam that nobody has registered. The namespaces are private: no packet reaches its real holder. */
async function findFreeAddress(api: ControlClient, seeded: Seeded): Promise<string> {
  for (;;) {
    const address = `14.${160 + seeded.below(90)}.${seeded.below(256)}.${1 + seeded.below(254)}`
    const { items } = await api.get<{ items: readonly RegistrationItem[] }>(`/v1/registrations?address=${address}&limit=1`)
    if (items.length === 0) return address
  }
}
