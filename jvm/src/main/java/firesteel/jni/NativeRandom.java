package firesteel.jni;

/** Native methods of {@code libfiresteel} that draw random numbers. */
final class NativeRandom {
  private NativeRandom() {}

  static native void rowKeys(long seed, int partition, long row, long[] out);

  static native void windowOrder(long seed, int round, int partition, int window, int[] out);
}
