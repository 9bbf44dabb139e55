// What LandscapeExplorer says. Pure.

/** A loss in a few digits: 0.0213, 1.12, 1120, 5.3e6. */
export function short(loss) {
  if (Number.isNaN(loss)) return "not computed";
  if (!Number.isFinite(loss)) return "beyond all numbers";
  const size = Math.abs(loss);
  const text = size !== 0 && (size >= 1e5 || size < 1e-4)
    ? loss.toExponential(1).replace("e+", "e").replace(".0e", "e")
    : String(Number(loss.toPrecision(size >= 1000 ? 4 : 3)));
  return text.replaceAll("-", "−");
}

/** A step along a direction: 0.25, −1. */
export const stepText = (step) => String(Number(step.toFixed(3))).replace("-", "−");

export const placeText = ({ rows, columns }, [row, column]) =>
  `direction 1 = ${stepText(columns[column])}, direction 2 = ${stepText(rows[row])}`;

export const lossesText = (names, losses) => names.map((name, n) => `${name} ${short(losses[n])}`).join(" · ");

/** A share in whole percent; only what is all or nothing of it is written as 100 % or 0 %. */
export function percent(part, all) {
  if (part === 0) return "0 %"; // of nothing, too
  const share = (100 * part) / all;
  if (share < 0.5) return "<1 %";
  return part < all && share > 99.5 ? ">99 %" : `${Math.round(share)} %`;
}

/** What is not drawn, and why. counts: countsOf each landscape. */
export function notDrawn(names, counts, ceiling) {
  const said = [];
  if (ceiling !== null) {
    const shares = names.map((name, n) => `${percent(counts[n].above, counts[n].finite)} of ${name}`);
    said.push(`Cut off above a loss of ${short(ceiling)}: ${shares.join(", ")}.`);
  }
  names.forEach((name, n) => {
    const kinds = [["exploded", "exploded"], ["missing", "not computed"]];
    const holes = kinds.flatMap(([kind, what]) => (counts[n][kind] ? [`${counts[n][kind]} ${what}`] : []));
    if (holes.length) said.push(`Holes in ${name}: ${holes.join(", ")}.`);
  });
  return said.join(" ");
}

/** The description of one landscape. */
export function describe({ rows, columns }, name, { least, greatest, centre, lowest }, counts, ceiling) {
  const ends = Number.isFinite(least) ? `from ${short(least)} to ${short(greatest)}` : "none of them finite";
  const size = `${rows.length}×${columns.length} losses around the model's weights, ${ends}`;
  const where = lowest ? `; lowest at ${placeText({ rows, columns }, lowest.place)}` : "";
  const rest = notDrawn([name], [counts], ceiling);
  return `${name}: ${size}; ${short(centre)} at the centre${where}.${rest ? ` ${rest}` : ""}`;
}

export const ceilingText = (ceiling) => (ceiling === null ? "none" : short(ceiling));

export const degrees = ([azimuth, elevation]) =>
  `turned by ${Math.round(azimuth)}°, seen from ${Math.round(elevation)}° above`.replace("-", "−");
