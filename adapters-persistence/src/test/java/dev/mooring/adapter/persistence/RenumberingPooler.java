package dev.mooring.adapter.persistence;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and PostgreSQL as a pooler does, as far as a client can see: it tells the
 * client another number of its backend than the real one.
 */
final class RenumberingPooler implements AutoCloseable {

    private static final int BACKEND_KEY_DATA = 'K';
    private static final int READY = 'Z';

    private final ServerSocket listener;
    private final URI database;
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();

    /** Before the database at this address, without TLS. */
    RenumberingPooler(DatabaseAccess access) throws IOException {
        this.database = URI.create(access.url().substring("jdbc:".length()));
        this.listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(this::accept);
    }

    /** The same database through this. */
    DatabaseAccess access(DatabaseAccess direct) {
        return new DatabaseAccess(
                "jdbc:postgresql://127.0.0.1:%d%s?sslmode=disable"
                        .formatted(listener.getLocalPort(), database.getPath()),
                direct.user(),
                direct.password());
    }

    int accepted() {
        return accepted.get();
    }

    int ended() {
        return ended.get();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                accepted.incrementAndGet();
                Socket server = new Socket(database.getHost(), database.getPort());
                Thread.startVirtualThread(() -> copy(client, server));
                Thread.startVirtualThread(() -> answer(server, client));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException gone) {
            // One of the two has left.
        } finally {
            ended.incrementAndGet();
        }
    }

    private static void answer(Socket server, Socket client) {
        try {
            InputStream in = server.getInputStream();
            OutputStream out = client.getOutputStream();
            renumber(new DataInputStream(in), out);
            in.transferTo(out);
        } catch (IOException gone) {
            // One of the two has left.
        }
    }

    /** Message by message, until the session is ready. */
    private static void renumber(DataInputStream in, OutputStream out) throws IOException {
        int type;
        do {
            type = in.readUnsignedByte();
            int length = in.readInt();
            byte[] body = in.readNBytes(length - 4);
            if (type == BACKEND_KEY_DATA) {
                body[3] ^= 1;
            }
            out.write(type);
            out.write(
                    new byte[] {
                        (byte) (length >>> 24),
                        (byte) (length >>> 16),
                        (byte) (length >>> 8),
                        (byte) length
                    });
            out.write(body);
            out.flush();
        } while (type != READY);
    }
}
