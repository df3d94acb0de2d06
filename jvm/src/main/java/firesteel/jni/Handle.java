package firesteel.jni;

import java.lang.ref.Cleaner;
import java.util.function.LongConsumer;

/**
 * An object that lives in native code. Close it; one that is dropped unclosed is closed by the garbage
 * collector, which logs where it was made.
 */
abstract class Handle implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final System.Logger LOG = System.getLogger(Handle.class.getName());

  private final long id;
  private final Release release;
  private final Cleaner.Cleanable cleanable;

  Handle(long id, LongConsumer close) {
    this.id = id;
    this.release = new Release(id, close, getClass().getSimpleName());
    this.cleanable = CLEANER.register(this, release);
  }

  final long id() {
    return id;
  }

  /** Frees the native object; does nothing the second time. Safe while another thread uses the object. */
  @Override
  public final void close() {
    release.forgotten = null;
    cleanable.clean();
  }

  /** What the cleaner runs: it must not refer to the handle. */
  private static final class Release implements Runnable {
    private final long id;
    private final LongConsumer close;
    private volatile Throwable forgotten;

    Release(long id, LongConsumer close, String type) {
      this.id = id;
      this.close = close;
      this.forgotten = new Throwable("this " + type + " was made here and never closed");
    }

    @Override
    public void run() {
      if (forgotten != null) {
        LOG.log(System.Logger.Level.WARNING, "a native object was not closed", forgotten);
      }
      close.accept(id);
    }
  }
}
