// What the networks were measured to do, unpacked: accuracies by shift, and scores by shift and digit. Pure.

import { range } from "../numbers.js";
import { planesOf } from "../images.js";

export const CLASSES = 10;

/** A packed array as rows of numbers: the last `kept` axes make a row. */
function rowsOf({ shape, data }, kept) {
  const width = shape.slice(shape.length - kept).reduce((a, b) => a * b);
  const height = shape.slice(0, -kept).reduce((a, b) => a * b, 1);
  const [plane] = planesOf({ shape: [height, width], data });
  return (n) => plane.data.subarray(n * width, (n + 1) * width);
}

/** The first of the largest. */
export const winnerOf = (scores) => scores.indexOf(Math.max(...scores));

/**
 * accuracy, images, labels and scores as Python packs them. A shift is [rows down, columns right], both from −radius
 * to radius; networks and digits are counted from 0.
 */
export function unpack({ accuracy, images, labels, scores }) {
  const { names, shape: [, size] } = accuracy;
  const [count, height, width] = images.shape;
  const radius = (size - 1) / 2;
  const [shares, pixels, said] = [rowsOf(accuracy, 2), rowsOf(images, 2), rowsOf(scores, 1)];
  const classes = rowsOf(labels, 1)(0);
  const at = ([down, right]) => (down + radius) * size + right + radius;
  const scoresOf = (n, shift, digit) => said(((n * size * size) + at(shift)) * count + digit);
  const isRight = (n, shift, digit) => winnerOf(scoresOf(n, shift, digit)) === classes[digit];
  return {
    names, size, radius, count,
    accuracy: (n, shift) => shares(n)[at(shift)],
    mean: (n) => shares(n).reduce((a, b) => a + b) / size ** 2,
    plane: (digit) => ({ data: pixels(digit), height, width }),
    planes: range(count).map(pixels),
    label: (digit) => classes[digit],
    scores: scoresOf,
    isRight,
    /** The next digit after this one, around the end, that network n gets wrong at a shift; null if there is none. */
    nextMistake(n, shift, digit) {
      const others = range(count - 1, 1).map((by) => (digit + by) % count);
      return others.find((other) => !isRight(n, shift, other)) ?? null;
    },
  };
}
