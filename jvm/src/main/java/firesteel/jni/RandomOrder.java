package firesteel.jni;

/** Random orders that depend on nothing but their arguments, from the library's one generator. */
public final class RandomOrder {
  private RandomOrder() {}

  /** Fills {@code out} with sort keys for the rows of an input partition, from {@code row} on. */
  public static void rowKeys(long seed, int partition, long row, long[] out) {
    NativeLibrary.load();
    NativeRandom.rowKeys(seed, partition, row, out);
  }

  /** Fills {@code out} with a random order of {@code 0} to {@code out.length - 1}. */
  public static void window(long seed, int round, int partition, int window, int[] out) {
    NativeLibrary.load();
    NativeRandom.windowOrder(seed, round, partition, window, out);
  }
}
