import { assemble, type Code, get, I32, I64, i32, i64, set } from './assemble.ts'

/** Where things stand in the memory: the two halves of the key, the two hashes. */
export const NUMBER_AT = { key: 0, hash: 16, blockHash: 24 } as const

/** The constants of SipHash: "somepseudorandomlygeneratedbytes". */
const INITIAL = [0x736f_6d65_7073_6575n, 0x646f_7261_6e64_6f6dn, 0x6c79_6765_6e65_7261n, 0x7465_6462_7974_6573n]

/**
 * SipHash-2-4 of a number of ten digits, and of its first seven. `hash(first, second, third)`: its bytes, little end first, the last two alone in `third`.
 */
export function numberCode(): Uint8Array {
  const [first, second, third, message] = [0, 1, 2, 3]
  const eight = i64.or(i64.extend(get(first)), i64.shiftLeft(i64.extend(get(second)), i64.const(32n)))
  const lengthOf = (bytes: number): Code => i64.const(BigInt(bytes) << 56n)
  const seven = i64.and(eight, i64.const(0x00ff_ffff_ffff_ffffn))
  return assemble(1, [
    {
      name: 'hash',
      parameters: [I32, I32, I32],
      results: [],
      locals: [I64, I64, I64, I64, I64],
      body: [
        begin(),
        absorb(eight, message),
        absorb(i64.or(i64.extend(get(third)), lengthOf(10)), message),
        i64.store(i32.const(NUMBER_AT.hash), finish()),
        begin(),
        absorb(i64.or(seven, lengthOf(7)), message),
        i64.store(i32.const(NUMBER_AT.blockHash), finish()),
      ],
    },
  ])
}

/** The state of the hash, as locals. */
const [V0, V1, V2, V3] = [4, 5, 6, 7] as const

function begin(): Code {
  return [V0, V1, V2, V3].map((local, word) =>
    set(local, i64.xor(i64.load(i32.const(NUMBER_AT.key + (word % 2) * 8)), i64.const(INITIAL[word] ?? 0n))),
  )
}

function absorb(word: Code, message: number): Code {
  return [set(message, word), set(V3, i64.xor(get(V3), get(message))), round(), round(), set(V0, i64.xor(get(V0), get(message)))]
}

/** Leaves the hash on the stack. */
function finish(): Code {
  return [
    set(V2, i64.xor(get(V2), i64.const(0xffn))),
    [round(), round(), round(), round()],
    i64.xor(i64.xor(get(V0), get(V1)), i64.xor(get(V2), get(V3))),
  ]
}

function round(): Code {
  return [half(V0, V1, 13n), half(V2, V3, 16n), turn(V0), half(V0, V3, 21n), half(V2, V1, 17n), turn(V2)]
}

/** Adds one to the other, turns it by so many bits and mixes the sum in. */
function half(sum: number, added: number, bits: bigint): Code {
  return [set(sum, i64.add(get(sum), get(added))), set(added, i64.xor(i64.rotate(get(added), i64.const(bits)), get(sum)))]
}

function turn(local: number): Code {
  return set(local, i64.rotate(get(local), i64.const(32n)))
}
