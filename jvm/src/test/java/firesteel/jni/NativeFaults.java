package firesteel.jni;

/** Native methods that make others fail, in the libraries of the folder {@code firesteel.faults.dir} alone. */
final class NativeFaults {
  private NativeFaults() {}

  /** Makes the next method of {@code libfiresteel} on this thread fail: before, in or after its body (0, 1, 2). */
  static native void armFiresteel(int point, boolean panics);

  /** The same for {@code libfiresteel_torch}; 3 is within the lock of a trainer. */
  static native void armTorch(int point, boolean panics);

  /** Panics without the guard that every other method has. */
  static native void panicUnguarded();
}
