package dev.mooring.adapter.persistence.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The claim of one process on a data directory. The operating system drops it when the process
 * ends, however it ends, so it is never stale.
 */
final class DirectoryLock implements AutoCloseable {

    /**
     * What this process holds. Asked before the file is opened, because closing a second channel on
     * the same file would silently drop the first one's lock on POSIX systems.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;

    private DirectoryLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Claims the directory, which must exist.
     *
     * @throws EmbeddedPostgresException if another Mooring, here or elsewhere, has it
     */
    static DirectoryLock claim(Path existing) throws IOException {
        Path directory = existing.toRealPath();
        if (!HELD.add(directory)) {
            throw inUse(directory, "this process");
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(directory.resolve("lock"), CREATE, READ, WRITE);
            if (channel.tryLock() == null) {
                throw inUse(directory, "process " + read(channel));
            }
            channel.truncate(0);
            String pid = Long.toString(ProcessHandle.current().pid());
            channel.write(ByteBuffer.wrap(pid.getBytes(US_ASCII)), 0);
            return new DirectoryLock(directory, channel);
        } catch (IOException | RuntimeException e) {
            HELD.remove(directory);
            if (channel != null) {
                channel.close();
            }
            throw e;
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(20);
        channel.read(text, 0);
        return US_ASCII.decode(text.flip()).toString();
    }

    private static EmbeddedPostgresException inUse(Path directory, String who) {
        return new EmbeddedPostgresException(
                "The data directory %s is in use by another Mooring (%s). Stop that one, or give this one its own directory."
                        .formatted(directory, who));
    }

    @Override
    public void close() throws IOException {
        channel.close();
        HELD.remove(directory);
    }
}
