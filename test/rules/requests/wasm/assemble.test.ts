import { describe, expect, it } from 'vitest'
import { assemble, call, get, I32, I64, i32, i64 } from '../../../../rules/requests/wasm/assemble.ts'
import { instantiate } from '../../../../rules/requests/wasm/instantiate.ts'

interface Functions {
  readonly low: () => number
  readonly high: () => number
  readonly twice: (value: number) => number
}

function constantsOf(value: bigint) {
  const constant = i64.const(value)
  const code = assemble(1, [
    { name: 'low', parameters: [], results: [I32], locals: [], body: [i32.wrap(constant)] },
    { name: 'high', parameters: [], results: [I32], locals: [], body: [i32.wrap(i64.shiftRight(constant, i64.const(32n)))] },
    { name: 'twice', parameters: [I32], results: [I32], locals: [I64], body: [i32.multiply(get(0), i32.const(2))] },
    { name: 'unused', parameters: [], results: [I32], locals: [I32], body: [call(2, i32.const(300))] },
  ])
  return instantiate<Functions>(code)
}

describe('assemble', () => {
  it.each([0n, 1n, -1n, 63n, 64n, -64n, -65n, 127n, 128n, 0x7fff_ffffn, 0x8000_0000n, -0x8000_0000n, 0x7fff_ffff_ffff_ffffn])(
    'writes the constant %d',
    (value) => {
      const functions = constantsOf(value)
      const words = [functions?.low(), functions?.high()]
      expect(words).toEqual([Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))])
    },
  )

  it('makes functions that can be called, and a memory that does not grow', () => {
    const functions = constantsOf(0n)
    expect([functions?.twice(-7), functions?.memory.buffer.byteLength]).toEqual([-14, 65_536])
  })
})

describe('instantiate', () => {
  it('gives nothing for what is no module of this host', () => {
    expect(instantiate(Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]))).toBeUndefined()
  })
})
