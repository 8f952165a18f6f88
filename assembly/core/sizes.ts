// Sizes of this build. The build puts the board's own `sizes.ts` in this file's place; unit tests and editors see the small ones for tests.
export * from "../../boards/unit/sizes";
