/**
 * The layout of the state directory, as a number in its file `format.json`. It goes up whenever a version of Loadstar
 * could not work with what an earlier one has left there, or the other way round.
 * 2: records of runs in its InfluxDB have a project.
 */
export const STATE_FORMAT = 2;
