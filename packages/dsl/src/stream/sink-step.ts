/**
 * A sink of a pipeline. A pipeline's callback that returns it under a name tells its tests which
 * rows it takes.
 */
export interface PipelineSink<out Row extends object> {
  readonly id: string;
  /** Only for inference; never present at run time. */
  readonly row?: Row;
}

/** What `sink` returns. */
export class SinkStep implements PipelineSink<object> {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}
