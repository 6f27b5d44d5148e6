package dev.mooring.application.modelcheck;

import dev.mooring.application.port.Ports;

import java.time.Duration;
import java.util.function.UnaryOperator;

/** Explores scenarios, and says how much it saw. */
final class Checker {

    /** How much was explored. */
    record Report(String scenario, int schedules, int states, Duration time) {
        @Override
        public String toString() {
            return "%-55s %6d schedules %6d states %6d ms"
                    .formatted(scenario, schedules, states, time.toMillis());
        }
    }

    private Checker() {}

    static Report check(Scenario scenario) {
        return check(scenario, UnaryOperator.identity());
    }

    /**
     * Explores every schedule of the scenario.
     *
     * @param breakage what to break on purpose
     * @throws RuleBroken with the steps that lead there, if one breaks a rule
     */
    static Report check(Scenario scenario, UnaryOperator<Ports> breakage) {
        long begin = System.nanoTime();
        Exploration exploration = new Exploration();
        do {
            World world = new World(scenario, breakage);
            Stage stage = new Stage(exploration, world, scenario);
            if (stage.run()) {
                stage.finish();
            }
        } while (exploration.turnBack());
        return new Report(
                scenario.name(),
                exploration.schedules(),
                exploration.states(),
                Duration.ofNanos(System.nanoTime() - begin));
    }
}
