package dev.mooring.adapter.rest;

import java.net.URI;
import java.time.Duration;

/**
 * Where we listen and how much we take at once.
 *
 * @param port of the API; 0 takes any free one
 * @param adminPort of health and metrics; 0 takes any free one
 * @param publicUrl the base URL by which browsers and authorization servers reach the API; never
 *     taken from a request
 * @param maxConnections open at once on each socket
 * @param maxRequests worked on at once on the API socket
 * @param maxQueued waiting for their turn on the API socket; more are answered with 503
 * @param queueTimeout the longest a request waits for its turn
 * @param requestsPerSecond that one address may send to the API; 0 is no limit, and the right
 *     choice behind a proxy, where all callers have one address
 * @param receiveTimeout how long the headers of a request may take to arrive, and again its body
 * @param shutdownGrace how long requests that are being worked on may go on after a stop
 */
public record RestSettings(
        String host,
        int port,
        String adminHost,
        int adminPort,
        URI publicUrl,
        int maxConnections,
        int maxRequests,
        int maxQueued,
        Duration queueTimeout,
        int requestsPerSecond,
        Duration receiveTimeout,
        Duration shutdownGrace) {

    /** These addresses, and limits for one small node. */
    public static RestSettings of(
            String host, int port, String adminHost, int adminPort, URI publicUrl) {
        return new RestSettings(
                host,
                port,
                adminHost,
                adminPort,
                publicUrl,
                4096,
                512,
                1024,
                Duration.ofSeconds(5),
                0,
                Duration.ofSeconds(20),
                // A code that was just sent is answered and stored within this time.
                Duration.ofSeconds(25));
    }
}
