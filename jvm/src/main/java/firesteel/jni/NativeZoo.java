package firesteel.jni;

/** Native methods of {@code libfiresteel} about well-known networks and weights of other programs. */
final class NativeZoo {
  private NativeZoo() {}

  static native String list();

  static native String network(String name, int classes);

  static native byte[] importWeights(String architecture, String preprocessing, byte[] weights, String labels);
}
