package dev.mooring.adapter.rest;

import java.time.Duration;

/**
 * How much we take, and how long a peer may take.
 *
 * @param connections open at once on each socket
 * @param requests worked on at once on the API socket
 * @param queued waiting for their turn there; more are answered with 503
 * @param queueTimeout the longest a request waits for its turn
 * @param known what the holder of a credential may send to the API, from wherever
 * @param strangers what an address may send there without one that counts
 * @param receiveTimeout how long the headers of a request may take to arrive, and again its body
 * @param sendTimeout how long a peer may take to accept an answer
 * @param shutdownGrace how long requests that are being worked on may go on after a stop
 */
public record RestLimits(
        int connections,
        int requests,
        int queued,
        Duration queueTimeout,
        Rate known,
        Rate strangers,
        Duration receiveTimeout,
        Duration sendTimeout,
        Duration shutdownGrace) {

    /**
     * How often somebody may come.
     *
     * @param perSecond requests; 0 is no limit
     * @param burst how many of them may come at once after a pause
     */
    public record Rate(int perSecond, int burst) {
        public static final Rate UNLIMITED = new Rate(0, 0);
    }

    /** Limits for one small node, of which nobody who means well meets one. */
    public static final RestLimits DEFAULT =
            new RestLimits(
                    4096,
                    512,
                    1024,
                    Duration.ofSeconds(5),
                    new Rate(5000, 10_000),
                    new Rate(200, 1000),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(60),
                    // A code that was just sent is answered and stored within this time.
                    Duration.ofSeconds(25));
}
