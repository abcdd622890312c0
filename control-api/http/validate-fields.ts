import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { schemaFaults } from '../../rules/config/schema-faults.ts'

/** Judges a part of a request by its schema: query, path and headers come as text and are converted, a body must have the right types. */
export const validateFields: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema)
  return (value: unknown) => {
    const read = httpPart === 'body' ? value : Value.Convert(schema, value)
    if (compiled.Check(read)) return { value: read }
    return { error: schemaFaults(schema, read).map(({ path, message }) => ({ ...NOTHING, instancePath: path, message })) }
  }
}

/** Members that fastify's type asks for and nobody reads. */
const NOTHING = { keyword: '', schemaPath: '', params: {} }
