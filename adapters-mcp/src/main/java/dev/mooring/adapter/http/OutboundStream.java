package dev.mooring.adapter.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * An answer whose body is still arriving. For one thread at a time, except {@link #close}, which
 * any thread may call to end a blocked read. Closing before the end of the body drops the
 * connection.
 */
public final class OutboundStream implements AutoCloseable {

    private final int status;
    private final Headers headers;
    private final Call call;
    private final InputStream body;

    OutboundStream(int status, Headers headers, Call call, InputStream source) {
        this.status = status;
        this.headers = headers;
        this.call = call;
        this.body = new Bounded(source, call);
    }

    public int status() {
        return status;
    }

    public Headers headers() {
        return headers;
    }

    /** The media type without its parameters, in lower case. */
    public Optional<String> mediaType() {
        return OutboundAnswer.mediaType(headers);
    }

    /** The body. What goes wrong while reading is an {@link OutboundException}. */
    public InputStream body() {
        return body;
    }

    OutboundAnswer readAll() {
        try (this) {
            return new OutboundAnswer(status, headers, Body.of(body.readAllBytes()));
        } catch (IOException e) {
            throw call.failure(e);
        }
    }

    @Override
    public void close() {
        call.close();
    }

    /** Counts what comes, and says in our words why nothing more does. */
    private static final class Bounded extends InputStream {

        private final InputStream source;
        private final Call call;
        private long left;
        private boolean ended;

        Bounded(InputStream source, Call call) {
            this.source = source;
            this.call = call;
            this.left = call.request().limits().bodyBytes();
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) == -1 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (ended) {
                return -1;
            }
            try {
                int count = source.read(into, offset, length);
                if (count == -1) {
                    ended = true;
                    call.finish();
                } else if (count > left) {
                    throw call.tooLarge();
                } else {
                    left -= count;
                }
                return count;
            } catch (IOException e) {
                throw call.failure(e);
            } catch (RuntimeException e) {
                throw call.failure(e);
            }
        }

        @Override
        public void close() {
            call.close();
        }
    }
}
