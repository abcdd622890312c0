/** Every table by its name. Each area describes its own rows in its own folder; this is where they meet. */
// biome-ignore lint/complexity/noBannedTypes: filled area by area
export type Tables = {}
