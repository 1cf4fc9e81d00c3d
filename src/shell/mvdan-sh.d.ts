// The part of mvdan-sh that the second parser uses; the package has no types of its own.
declare module "mvdan-sh" {
  namespace sh {
    interface Node {
      Pos(): { Offset(): number };
      End(): { Offset(): number };
      readonly [field: string]: unknown;
    }
    interface Parser {
      Parse(text: string, name: string): Node;
    }
    const syntax: {
      readonly LangBash: number;
      NewParser(...options: readonly unknown[]): Parser;
      Variant(language: number): unknown;
      NodeType(node: Node): string;
      Walk(node: Node, visit: (node: Node | null) => boolean): void;
    };
  }
  export default sh;
}
