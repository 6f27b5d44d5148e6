package dev.mooring.adapter.rest.edge;

import static dev.mooring.adapter.rest.edge.TrustedProxies.ForwardingHeader.FORWARDED;
import static dev.mooring.adapter.rest.edge.TrustedProxies.ForwardingHeader.X_FORWARDED_FOR;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.util.Random;

class TrustedProxiesTest {
    /** All of 10.0.0.0/8 are proxies. */
    private static boolean trusts(InetAddress address) {
        return address.getHostAddress().startsWith("10.");
    }

    private static String caller(TrustedProxies.ForwardingHeader header, String peer, String said) {
        return new TrustedProxies(TrustedProxiesTest::trusts, header)
                .callerOf(InetAddress.ofLiteral(peer), said)
                .getHostAddress();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "one proxy               | 192.0.2.7                          | 192.0.2.7",
                "two proxies             | 192.0.2.7, 10.0.0.2                | 192.0.2.7",
                "no blanks               | 192.0.2.7,10.0.0.2                 | 192.0.2.7",
                "forged in front         | 203.0.113.9, 192.0.2.7, 10.0.0.2   | 192.0.2.7",
                "forged proxy in front   | 10.0.0.9, 192.0.2.7                | 192.0.2.7",
                "nonsense in front       | <script>, \", 192.0.2.7           | 192.0.2.7",
                "all of them proxies     | 10.0.0.3, 10.0.0.2                 | 10.0.0.3",
                "empty elements          | , 192.0.2.7, ,                     | 192.0.2.7",
                "IPv4 with a port        | 192.0.2.7:4711                     | 192.0.2.7",
                "IPv6                    | 2001:db8::7                        |"
                        + " 2001:db8:0:0:0:0:0:7",
                "IPv6 in brackets        | [2001:db8::7]                      |"
                        + " 2001:db8:0:0:0:0:0:7",
                "IPv6 with a port        | [2001:db8::7]:4711                 |"
                        + " 2001:db8:0:0:0:0:0:7",
                "IPv4 inside of IPv6     | ::ffff:192.0.2.7                   | 192.0.2.7",
                "unknown                 | 192.0.2.7, unknown                 | 10.0.0.1",
                "no address              | 192.0.2.7, 999.0.2.7               | 10.0.0.1",
                "half an address         | 192.0.2                            | 10.0.0.1",
                "a number                | 3221225991                         | 10.0.0.1",
                "a name                  | localhost                          | 10.0.0.1",
                "with a zone             | fe80::1%eth0                       | 10.0.0.1",
                "colons alone            | :::::                              | 10.0.0.1",
                "too many groups         | 1:2:3:4:5:6:7:8:9                  | 10.0.0.1",
                "no address behind one   | 192.0.2.7, nobody, 10.0.0.2        | 10.0.0.2",
                "nothing                 | ''                                 | 10.0.0.1",
            })
    void nearestWhoIsNoProxyIsTheCaller(String what, String said, String caller) {
        assertThat(caller(X_FORWARDED_FOR, "10.0.0.1", said)).as(what).isEqualTo(caller);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "one proxy          | for=192.0.2.7                                 | 192.0.2.7",
                "pairs              | by=10.0.0.1; For=192.0.2.7 ;proto=https       | 192.0.2.7",
                "quoted             | for=\"192.0.2.7:4711\"                      | 192.0.2.7",
                "IPv6               | for=\"[2001:db8::7]:_x\"       | 2001:db8:0:0:0:0:0:7",
                "two proxies        | for=192.0.2.7, for=10.0.0.2                   | 192.0.2.7",
                "comma in quotes    | for=192.0.2.7;host=\"a,for=203.0.113.9\"    | 192.0.2.7",
                "pair in quotes     | for=192.0.2.7;host=\"a;for=203.0.113.9\"    | 192.0.2.7",
                "quote left open    | for=\"203.0.113.9, for=192.0.2.7             | 192.0.2.7",
                "forged in front    | for=203.0.113.9, for=192.0.2.7                | 192.0.2.7",
                "hidden             | for=192.0.2.7, for=_gateway                   | 10.0.0.1",
                "unknown            | for=192.0.2.7, for=unknown                    | 10.0.0.1",
                "twice in one       | for=192.0.2.7;for=203.0.113.9                 | 10.0.0.1",
                "without            | by=192.0.2.7                                  | 10.0.0.1",
                "no pair            | 192.0.2.7                                     | 10.0.0.1",
            })
    void forwardedIsReadAsWell(String what, String said, String caller) {
        assertThat(caller(FORWARDED, "10.0.0.1", said)).as(what).isEqualTo(caller);
    }

    @Test
    void whoeverIsNoProxyIsNotBelieved() {
        assertThat(caller(X_FORWARDED_FOR, "192.0.2.66", "203.0.113.9")).isEqualTo("192.0.2.66");
        assertThat(caller(FORWARDED, "192.0.2.66", "for=203.0.113.9")).isEqualTo("192.0.2.66");
    }

    @Test
    void onlySoManyHopsAreFollowed() {
        String flood = "203.0.113.9, " + "10.0.0.2, ".repeat(3000) + "10.0.0.2";

        assertThat(caller(X_FORWARDED_FOR, "10.0.0.1", flood)).isEqualTo("10.0.0.2");
    }

    @Test
    void whateverIsSentNothingIsThrown() {
        Random random = new Random(30);
        String alphabet = "0123456789abcdef.:,;=\"[]\\ for%_";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder said = new StringBuilder();
            random.ints(random.nextInt(40), 0, alphabet.length())
                    .forEach(at -> said.append(alphabet.charAt(at)));
            for (TrustedProxies.ForwardingHeader header :
                    TrustedProxies.ForwardingHeader.values()) {
                assertThat(caller(header, "10.0.0.1", said.toString())).isNotEmpty();
            }
        }
    }
}
