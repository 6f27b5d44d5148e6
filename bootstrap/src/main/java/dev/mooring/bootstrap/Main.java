package dev.mooring.bootstrap;

/** Starts the service. */
public final class Main {

    private Main() {}

    /** Runs until the process is told to end. */
    public static void main(String... args) {
        System.out.println("Mooring on Java " + Runtime.version().feature());
    }
}
