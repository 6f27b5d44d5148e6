package dev.mooring.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Lets a process stand still, with all its connections open, and go on. */
final class Signals {

    private Signals() {}

    static void freeze(long pid) {
        send("STOP", pid);
    }

    static void thaw(long pid) {
        send("CONT", pid);
    }

    private static void send(String name, long pid) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
        } catch (IOException noSuchProgram) {
            throw new UncheckedIOException(noSuchProgram);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }
}
