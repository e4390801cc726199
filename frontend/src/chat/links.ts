/** Web addresses in plain text. The parts are drawn as text and as links; nothing in them is ever read as HTML. */

export interface Part {
  text: string;
  /** An http or https address, when this part is a link. */
  href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/gi;
/** Punctuation that ends the sentence rather than the address. */
const TRAILING = /[.,;:!?'”’…]+$/;

export function splitLinks(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trim(match[0]);
    if (!URL.canParse(address)) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href: new URL(address).href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** "(see https://example.org/a_(b))." holds the address with its own brackets and without the sentence's. */
function trim(address: string): string {
  const bare = address.replace(TRAILING, "");
  const unbalanced = bare.endsWith(")") && bare.split(")").length > bare.split("(").length;
  return unbalanced ? trim(bare.slice(0, -1)) : bare;
}
