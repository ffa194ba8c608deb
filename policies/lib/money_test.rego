package lib.money_test

import data.lib.money

given(arguments) := {"action": {"name": "payments.refund", "properties": arguments}, "resource": {"type": "order", "id": "o"}}

test_an_amount_is_a_number_in_whole_units_or_hundredths if {
	money.plain == 100 with input as given({"amount": 100})
	money.plain == 0.5 with input as given({"amount": 0.5, "currency": "EUR"})
	money.plain == 100 with input as given({"amount_minor": 10000, "currency": "usd"})
	money.plain == 12.5 with input as given({"amount_cents": 1250})
	money.plain == 12.5 with input as given({"amount": 12.5, "amount_minor": 1250})
	money.plain == 0.01 with input as given({"amount_minor": 1})
	every currency in ["CHF", "EUR", "GBP", "USD", "gbp"] {
		money.plain == 5 with input as given({"amount": 5, "currency": currency})
	}
}

test_everything_else_is_unclear if {
	every arguments in [
		{}, {"amount": "100.00"}, {"amount": "1.000"}, {"amount": null}, {"amount": 0}, {"amount": -5}, {"amount": [5]},
		{"amount": {"value": 5}}, {"amount": true}, {"amount_minor": 10.5}, {"amount_minor": -1}, {"amount_cents": "5"},
		{"amount": 5, "amount_minor": 5}, {"amount": 5, "amount_minor": "500"}, {"amount": 5, "amount_cents": 0}, {"amount": "x", "amount_minor": 500},
		{"amount": 5, "currency": "BTC"}, {"amount": 5, "currency": null}, {"amount": 5, "currency": ["EUR"]}, {"amount": 5, "currency": "JPY"},
	] {
		money.unclear with input as given(arguments)
	}
	not money.unclear with input as given({"amount": 5, "currency": "CHF"})
}

test_a_resource_in_another_currency_makes_it_unclear if {
	every currency in ["USD", "JPY", 1] {
		money.unclear with input as object.union(given({"amount": 5, "currency": "EUR"}), {"resource": {"properties": {"currency": currency}}})
	}
	money.plain == 5 with input as object.union(given({"amount": 5, "currency": "eur"}), {"resource": {"properties": {"currency": "EUR"}}})
}

test_the_largest_amount_that_is_said_counts if {
	money.most == 500 with input as given({"amount": 5, "amount_minor": 50000})
	money.shown == 500 with input as given({"amount": 5, "amount_minor": 50000})
	money.counted == 500 with input as given({"amount": 5, "amount_minor": 50000})
	not money.most with input as given({"amount": "500"})
	not money.most with input as given({"amount_minor": "500"})
	money.most == 5 with input as given({"amount": 5, "amount_minor": 90000.5})
	money.most == 5 with input as given({"amount": 5, "amount_minor": "900"})
	money.shown == "an unstated amount" with input as given({"amount": "500"})
	money.counted == 0 with input as given({"amount": "500"})
	money.counted == 0 with input as given({"amount": -0.5, "amount_minor": -50})
}
