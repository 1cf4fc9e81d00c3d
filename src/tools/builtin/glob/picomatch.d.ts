declare module "picomatch" {
  interface Options {
    readonly dot?: boolean;
    readonly noextglob?: boolean;
    readonly basename?: boolean;
  }
  const picomatch: (pattern: string, options?: Options) => (path: string) => boolean;
  export default picomatch;
}
