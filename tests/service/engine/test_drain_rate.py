"""How fast the device is said to be."""

import pytest

from triwire_server.engine.drain_rate import DrainRate, SlowestRate


def test_500_tokens_a_second_are_assumed_before_anything_was_measured() -> None:
    rate = DrainRate()
    assert (rate.estimate, rate.when_full) == (500.0, None)
    rate.observe(900, 0.9, is_full=True)  # less than a window
    assert (rate.estimate, rate.when_full) == (500.0, None)


def test_a_device_that_is_not_full_is_no_measure_of_a_full_one_but_better_than_none() -> None:
    rate = DrainRate()
    rate.observe(20, 1.0, is_full=False)
    assert (rate.estimate, rate.when_full) == (20.0, None)
    rate.observe(300, 1.0, is_full=True)
    assert (rate.estimate, rate.when_full) == (300.0, 300.0)
    rate.observe(20, 1.0, is_full=False)
    assert (rate.estimate, rate.when_full) == (300.0, 300.0)


def test_later_windows_count_most() -> None:
    rate = DrainRate()
    rate.observe(100, 1.0, is_full=True)
    rate.observe(100, 0.5, is_full=True)
    rate.observe(100, 0.5, is_full=True)
    assert rate.when_full == pytest.approx(0.7 * 100 + 0.3 * 200)


def test_the_steps_that_warmed_the_models_can_be_forgotten() -> None:
    rate = DrainRate()
    rate.observe(10, 20.0, is_full=True)
    assert rate.estimate == 1.0
    rate.forget()
    assert (rate.estimate, rate.when_full) == (500.0, None)
    rate.observe(300, 1.0, is_full=False)
    assert rate.estimate == 300.0


def test_of_several_the_slowest_counts_and_one_without_work_does_not() -> None:
    device, server, idle = DrainRate(), DrainRate(), DrainRate()
    rates = SlowestRate([device, server, idle])
    assert (rates.estimate, rates.when_full) == (500.0, None)
    server.observe(80, 1.0, is_full=False)
    assert (rates.estimate, rates.when_full) == (80.0, None)
    device.observe(900, 1.0, is_full=True)
    assert (rates.estimate, rates.when_full) == (900.0, 900.0)
    server.observe(300, 1.0, is_full=True)
    assert (rates.estimate, rates.when_full) == (300.0, 300.0)
