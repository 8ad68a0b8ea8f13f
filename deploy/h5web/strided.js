// Strided views of flat arrays, in place of the npm package `ndarray`: that one makes its classes with `new Function`,
// which our content security policy refuses. Only what H5Web asks of it is here; an unknown method ends the build's
// check or the journey that opens the viewer.

const LAST = -1;

class Strided {
  constructor(data, shape, stride, offset) {
    this.data = data;
    this.shape = shape;
    this.stride = stride;
    this.offset = offset;
  }

  get dimension() { return this.shape.length; }

  get size() { return this.shape.reduce((product, length) => product * length, 1); }

  get dtype() { return nameOfType(this.data); }

  /** The position in `data` of the element at these indices. */
  index(...at) { return this.stride.reduce((sum, step, axis) => sum + step * at[axis], this.offset); }

  get(...at) { return this.data[this.index(...at)]; }

  /** The view in which each axis with a number is fixed at that number and left out; the others stay. */
  pick(...fixed) {
    const shape = [];
    const stride = [];
    let { offset } = this;
    this.shape.forEach((length, axis) => {
      if (typeof fixed[axis] === "number" && fixed[axis] > LAST) {
        offset += this.stride[axis] * fixed[axis];
      } else {
        shape.push(length);
        stride.push(this.stride[axis]);
      }
    });
    return new Strided(this.data, shape, stride, offset);
  }

  /** The view whose axis n is our axis `axes[n]`. */
  transpose(...axes) {
    return new Strided(this.data, axes.map((axis) => this.shape[axis]), axes.map((axis) => this.stride[axis]), this.offset);
  }
}

function nameOfType(data) {
  if (Array.isArray(data)) return "array";
  const name = data.constructor.name;
  if (name === "Uint8ClampedArray") return "uint8_clamped";
  return ArrayBuffer.isView(data) ? name.replace("Array", "").toLowerCase() : "generic";
}

/** Return a view of `data` in C order; of one dimension unless a shape is given. */
export default function strided(data, shape = [data.length]) {
  const stride = new Array(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    stride[axis] = step;
    step *= shape[axis];
  }
  return new Strided(data, [...shape], stride, 0);
}

/** Write each element of `from` at its place in `to`, which has the same shape; in place of `ndarray-ops`. */
export function assign(to, from) {
  copy(to, from, 0, to.offset, from.offset);
  return to;
}

function copy(to, from, axis, toAt, fromAt) {
  if (axis === to.shape.length) {
    to.data[toAt] = from.data[fromAt];
    return;
  }
  for (let n = 0; n < to.shape[axis]; n += 1) {
    copy(to, from, axis + 1, toAt + n * to.stride[axis], fromAt + n * from.stride[axis]);
  }
}
