package dev.mooring.adapter.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Looks a host name up. May block; is called from many threads at once. */
@FunctionalInterface
public interface NameResolver {

    /** All addresses of the name, in the order to try them; never empty. */
    List<InetAddress> resolve(String host) throws UnknownHostException;

    /** The platform's resolver, with its cache. */
    static NameResolver platform() {
        return host -> List.of(InetAddress.getAllByName(host));
    }
}
