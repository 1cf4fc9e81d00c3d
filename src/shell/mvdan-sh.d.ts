// The part of mvdan-sh that the second parser uses; the package has no types of its own.
declare module "mvdan-sh" {
  const sh: {
    readonly syntax: {
      readonly LangBash: number;
      NewParser(...options: readonly unknown[]): { Parse(text: string, name: string): { readonly __internal_object__?: unknown } };
      Variant(language: number): unknown;
    };
  };
  export default sh;
}
