package firesteel.jni;

/** Native methods of {@code libfiresteel} about the library itself. */
final class NativeFiresteel {
  private NativeFiresteel() {}

  static native String version();

  static native void setLogLevel(String level);

  static native String errorCodes();

  static native String statuses();

  static native boolean stderrIsTerminal();
}
