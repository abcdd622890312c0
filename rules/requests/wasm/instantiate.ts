/** As much of the host's WebAssembly as is needed; the compiler's own library has it for browsers alone. */
interface WasmHost {
  validate(code: Uint8Array): boolean
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

/** The exports of a module without imports; `undefined` where there is no WebAssembly, or not all that the code needs (such as SIMD). */
export function instantiate<Exports extends object>(code: Uint8Array): (Exports & WasmMemory) | undefined {
  const { WebAssembly: wasm } = globalThis as { WebAssembly?: WasmHost }
  if (wasm === undefined || !wasm.validate(code)) return undefined
  return new wasm.Instance(new wasm.Module(code)).exports as Exports & WasmMemory
}

/** What every module of `assemble` exports beside its functions. */
export interface WasmMemory {
  readonly memory: { readonly buffer: ArrayBuffer }
}
