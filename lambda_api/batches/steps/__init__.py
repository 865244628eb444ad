"""The steps of a batch: functions of the state machine, of its events and of the sweeper."""
