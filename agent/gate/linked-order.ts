/** A place in an order. */
export interface OrderLink<T> {
  readonly value: T
  before: OrderLink<T> | undefined
  after: OrderLink<T> | undefined
}

/** Values one behind another; each step costs the same however many there are, which the order of a `Map` does not promise: it is written anew now and then. */
export class LinkedOrder<T> {
  #first: OrderLink<T> | undefined
  #last: OrderLink<T> | undefined

  get first(): T | undefined {
    return this.#first?.value
  }

  add(value: T): OrderLink<T> {
    const link: OrderLink<T> = { value, before: this.#last, after: undefined }
    if (this.#last === undefined) this.#first = link
    else this.#last.after = link
    this.#last = link
    return link
  }

  /** Takes out a link of this order. */
  remove({ before, after }: OrderLink<T>): void {
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
  }

  *[Symbol.iterator](): Generator<T> {
    for (let link = this.#first; link !== undefined; link = link.after) yield link.value
  }
}
