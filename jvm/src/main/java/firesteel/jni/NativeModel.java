package firesteel.jni;

/** Native methods of {@code libfiresteel} about networks and model files. */
final class NativeModel {
  private NativeModel() {}

  static native String describe(String network);

  static native float[] initialWeights(String network, String initializer, long seed);

  static native float[] startingWeights(
      String network, byte[] file, String fresh, String initializer, long seed);

  static native byte[] write(String network, String preprocessing, String labels, float[] weights);

  static native String metadata(byte[] file);

  static native String header(byte[] start, long fileBytes);

  static native String digest(byte[] file);
}
