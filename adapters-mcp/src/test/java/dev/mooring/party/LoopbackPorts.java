package dev.mooring.party;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Loopback ports, none of which is given twice in the life of a JVM: a service under test keeps
 * what it learnt about an address, and would take a new party at an old address for the old one.
 * They lie below the range from which systems take the ports of outgoing connections, so that none
 * is lost to those before its server has begun to listen.
 */
public final class LoopbackPorts {

    private static final int FIRST = 20_000;
    private static final int COUNT = 12_000;

    /** Another place for every JVM, as several may run at once. */
    private static final AtomicInteger GIVEN =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

    private LoopbackPorts() {}

    /** One that nobody listens on now. */
    public static int next() {
        int port = candidate();
        while (!isFree(port)) {
            port = candidate();
        }
        return port;
    }

    private static int candidate() {
        return FIRST + GIVEN.getAndIncrement() % COUNT;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
            return true;
        } catch (BindException taken) {
            return false;
        } catch (IOException noSocket) {
            throw new UncheckedIOException(noSocket);
        }
    }
}
