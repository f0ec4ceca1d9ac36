/** The servers that tests/clients/typescript starts for these tests, and says in the environment. */

/** What a variable holds, as JSON; and the reason to skip a test where it is not set. */
export function given<T>(name: string): { readonly value: T; readonly options: { skip: string | false } } {
  const json = process.env[name];
  const skip = json ? false : `needs a triwire server in ${name}: make test-clients`;
  return { value: json ? JSON.parse(json) : undefined, options: { skip } } as {
    value: T;
    options: { skip: string | false };
  };
}
