package firesteel.jni;

/**
 * A model with the memory in which a task runs it, which {@link #close} frees. Threads that share one wait for each
 * other.
 */
public final class Scorer extends Handle {
  Scorer(long id) {
    super(id, NativeScorer::close);
  }

  /** The number of handles that are open in this process. */
  public static int live() {
    NativeLibrary.load();
    return NativeScorer.live();
  }

  /**
   * Scores rows of bytes: encoded images (JPEG, PNG, WebP, or what the model allows), by how they begin; anything else is
   * raw pixels, a byte per value of the network's input.
   *
   * @param rows the rows; null ones get a status
   * @param scores filled with {@link Predictor#width} values per row, row after row: the scores before softmax, or the
   *     layer's output in the order (channel, row, column); NaN for rows that are not {@link Predictor#OK}
   * @param status filled with a status per row: those of {@link Predictor}
   */
  public void predict(byte[][] rows, float[] scores, byte[] status) {
    NativeScorer.predictBytes(id(), rows, scores, status);
  }

  /** Scores rows of numbers, taken as they are. Otherwise as the other method. */
  public void predict(float[][] rows, float[] scores, byte[] status) {
    NativeScorer.predictFloats(id(), rows, scores, status);
  }
}
