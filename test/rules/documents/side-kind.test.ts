import { expect, it } from 'vitest'
import { findSide, SIDE_KINDS, sideTarget } from '../../../rules/documents/side-kind.ts'

it.each(SIDE_KINDS.map((kind) => [kind]))('the target of a %s document names its kind and version', (kind) => {
  expect(findSide(sideTarget(kind, 12))).toEqual({ kind, version: 12 })
})

it.each(['allow/1.full', 'users/0.json', 'users/01.json', 'other/1.json', 'users/1.json/x'])('%s is no side document', (name) => {
  expect(findSide(name)).toBeUndefined()
})
