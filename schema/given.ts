type Given<T> = { [Key in keyof T]?: NonNullable<T[Key]> }

/** An input without what the caller left out or said null to. */
export const given = <T extends object>(input: T): Given<T> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined)) as Given<T>
