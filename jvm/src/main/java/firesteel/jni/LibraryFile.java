package firesteel.jni;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Looks at a library before the dynamic linker does, because that maps what the file's header promises: the process
 * dies where the file is cut short. Other damage it reports itself.
 */
final class LibraryFile {
  private static final int HEADER_BYTES = 64;
  private static final int ELF = 0x7f454c46;
  private static final int SEGMENT_TO_LOAD = 1;

  private LibraryFile() {}

  /** Refuses a file that is missing or cut short. */
  static void check(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new LibraryException("there is no library " + path, null);
    }
    try (FileChannel file = FileChannel.open(path)) {
      long needed = neededSize(file);
      if (file.size() < needed) {
        throw new LibraryException(
            "cannot load " + path + ": it is cut short, to " + file.size() + " of at least " + needed
                + " bytes: copy it again",
            null);
      }
    } catch (IOException e) {
      throw new LibraryException("cannot read " + path + ": " + e, e);
    }
  }

  /** How far the segments reach that an ELF file wants to have loaded; 0 for files of other kinds. */
  private static long neededSize(FileChannel file) throws IOException {
    ByteBuffer header = read(file, 0, HEADER_BYTES);
    if (header.remaining() < HEADER_BYTES) {
      return HEADER_BYTES;
    }
    boolean is64Bit = header.get(4) == 2;
    if (header.getInt(0) != ELF || !is64Bit) {
      return 0;
    }
    header.order(header.get(5) == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long table = Math.max(0, Math.min(header.getLong(32), file.size()));
    int segmentBytes = Short.toUnsignedInt(header.getShort(54));
    int segments = Short.toUnsignedInt(header.getShort(56));
    long needed = table + (long) segmentBytes * segments;
    ByteBuffer entries = read(file, table, segmentBytes * segments).order(header.order());
    for (int at = 0; at + segmentBytes <= entries.remaining(); at += segmentBytes) {
      if (entries.getInt(at) == SEGMENT_TO_LOAD) {
        needed = Math.max(needed, entries.getLong(at + 8) + entries.getLong(at + 32));
      }
    }
    return needed;
  }

  private static ByteBuffer read(FileChannel file, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining() && file.read(buffer, position + buffer.position()) > 0) {}
    return buffer.flip();
  }
}
