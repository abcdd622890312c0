import type { InjectOptions } from 'fastify'
import { newestSides } from '../../control-api/publication/repository.ts'
import { readCurrent } from '../../control-api/publication/signed-metadata.ts'
import { gateToken } from '../../rules/gate/gate-token.ts'
import { parseUsers, type UsersDocument } from '../../rules/users/users-document.ts'
import { type ControlAppSetup, createControlAppSetup, GATE_KEY } from './control-app.ts'

export const USERS_START_MS = Date.parse('2026-03-02T01:00:00Z')
export const DISPATCH = '1923/BHXH-CNTT'

/** A citizen ID that is none: made at run time, so that no twelve digits stand in the tree. */
export const citizenIdOf = (number: number): string => `0${String(40_000_000_000 + number).padStart(11, '0')}`

export interface UsersLab extends ControlAppSetup {
  post(url: string, who: keyof ControlAppSetup['as'], payload: object): Promise<{ status: number; body: Record<string, unknown> }>
  get(url: string, who?: keyof ControlAppSetup['as']): Promise<Record<string, unknown>>
  /** Makes `approver-1` (by default) an approver of the province. */
  grant(person?: string, citizen?: number, province?: string): Promise<number>
  /** Enters a user and gives his id. */
  enter(citizen: number, more?: object): Promise<number>
  approve(id: number, who?: keyof ControlAppSetup['as']): Promise<{ status: number; body: Record<string, unknown> }>
  /** The signed list, after the desk has worked. */
  signed(): Promise<UsersDocument | undefined>
  tokenOf(citizen: number, facility?: string): string
}

export async function createUsersLab(config = ''): Promise<UsersLab> {
  const setup = await createControlAppSetup({ startMs: USERS_START_MS, config })
  const { app, as, context, files } = setup
  const post: UsersLab['post'] = async (url, who, payload) => {
    const answer = await app.inject({ method: 'POST', url, headers: as[who], payload } as InjectOptions)
    return { status: answer.statusCode, body: answer.body === '' ? {} : answer.json() }
  }
  const enter: UsersLab['enter'] = async (citizen, more = {}) => {
    const body = {
      facility: '24001',
      province: '24',
      name: 'Nguyễn Văn Mẫu',
      citizenId: citizenIdOf(citizen),
      rights: ['lookup'],
      dispatch: DISPATCH,
      ...more,
    }
    return Number((await post('/v1/users', 'operator', body)).body.id)
  }
  return {
    ...setup,
    post,
    async get(url, who = 'operator') {
      return (await app.inject({ url, headers: as[who] })).json()
    },
    async grant(person = 'approver-1', citizen = 900, province = '24') {
      const entry = { province, person, name: 'Trần Thị Mẫu', citizenId: citizenIdOf(citizen), dispatch: DISPATCH }
      const { body } = await post('/v1/approvers', 'operator', entry)
      await post(`/v1/approvers/${Number(body.id)}/grant`, 'assessor', { dispatch: DISPATCH })
      return Number(body.id)
    },
    enter,
    approve: (id, who = 'approver') => post(`/v1/users/${id}/approve`, who, { dispatch: DISPATCH }),
    async signed() {
      await context.users.work()
      const { targets } = await readCurrent(files)
      const version = newestSides({ targets }).users
      const target = targets.targets[`users/${version}.json`]
      const bytes = target && (await files.find(`targets/users/${target.hashes.sha256}.${version}.json`))
      return bytes && parseUsers(bytes)
    },
    tokenOf: (citizen, facility = '24001') => gateToken(GATE_KEY, `${facility}_${citizenIdOf(citizen)}`),
  }
}
