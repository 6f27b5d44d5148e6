package dev.mooring.adapter.http;

import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.RouteInfo.LayerType;
import org.apache.hc.client5.http.RouteInfo.TunnelType;
import org.apache.hc.core5.http.HttpHost;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Decides, call by call, between dialling the destination and asking the proxy for a tunnel to it.
 */
final class Routes {

    private final OutboundGuard guard;
    private final BoundedLookup lookup;
    private final Optional<OutboundProxy> proxy;

    Routes(OutboundGuard guard, BoundedLookup lookup, Optional<OutboundProxy> proxy) {
        this.guard = guard;
        this.lookup = lookup;
        this.proxy = proxy;
    }

    /**
     * The way of this call.
     *
     * @throws OutboundException if the call is not allowed, where that is known before dialling
     */
    HttpRoute plan(Call call) {
        return proxy.map(through -> plan(call, through))
                .orElseGet(() -> direct(call.destination()));
    }

    private HttpRoute plan(Call call, OutboundProxy through) {
        Destination destination = call.destination();
        if (through.connectsByName()) {
            if (guard.isListed(destination, literal(destination))) {
                return direct(destination);
            }
            OutboundGuard.requireSecure(destination);
            return tunnel(destination, destination.host(), through);
        }
        List<InetAddress> checked = checked(call);
        return guard.isListed(destination, checked)
                ? direct(destination)
                : tunnel(destination, checked.getFirst().getHostAddress(), through);
    }

    /**
     * As far as we decide it; the rest is a proxy's that connects by name.
     *
     * @throws OutboundException if calls there are not allowed
     */
    void requireAllowed(Destination destination, Duration patience) {
        if (proxy.filter(OutboundProxy::connectsByName).isEmpty()
                || guard.isListed(destination, literal(destination))) {
            var _ = guard.addresses(destination, patience);
        } else {
            OutboundGuard.requireSecure(destination);
        }
    }

    /**
     * The addresses to open a connection to: the proxy's, or the checked ones of the destination.
     */
    List<InetAddress> firstHop(Call call) {
        if (call.route().getProxyHost() != null) {
            OutboundProxy through = proxy.orElseThrow();
            Destination hop = new Destination(false, through.host(), through.port());
            return lookup.resolve(hop, call.atMost(call.request().limits().connect()));
        }
        return checked(call);
    }

    private List<InetAddress> checked(Call call) {
        if (call.addresses().isEmpty()) {
            call.addresses(
                    guard.addresses(
                            call.destination(), call.atMost(call.request().limits().connect())));
        }
        return call.addresses();
    }

    private static List<InetAddress> literal(Destination destination) {
        return destination.literal().map(List::of).orElse(List.of());
    }

    private static HttpRoute direct(Destination destination) {
        return new HttpRoute(target(destination, destination.host()), null, destination.secure());
    }

    private static HttpRoute tunnel(
            Destination destination, String connectTo, OutboundProxy through) {
        return new HttpRoute(
                target(destination, connectTo),
                target(destination, destination.host()),
                null,
                new HttpHost[] {host(through)},
                destination.secure(),
                TunnelType.TUNNELLED,
                destination.secure() ? LayerType.LAYERED : LayerType.PLAIN);
    }

    private static HttpHost target(Destination destination, String host) {
        return new HttpHost(destination.scheme(), host, destination.port());
    }

    static HttpHost host(OutboundProxy proxy) {
        return new HttpHost("http", proxy.host(), proxy.port());
    }
}
