/**
 * The name that a user may have meant, of those that there are: options, columns, encodings.
 *
 * @module
 */

/** "; did you mean …?" for the nearest name, if one is near. */
export function didYouMean(typed: string, names: readonly string[]): string {
  const wanted = folded(typed);
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(typed.length / 3)) + 1;
  for (const name of names) {
    const candidate = folded(name);
    // What was typed may be the beginning of a longer name.
    const isBeginning = wanted.length > 3 && candidate.startsWith(wanted);
    const distance = isBeginning ? 1 : editDistance(wanted, candidate);
    if (distance < least) [least, nearest] = [distance, name];
  }
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + cost));
    }
    previous = row;
  }
  return previous[b.length]!;
}

function folded(name: string): string {
  return name.replaceAll("_", "-").toLowerCase();
}
