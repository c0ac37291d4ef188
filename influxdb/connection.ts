/** Where an InfluxDB is and who we are to it. */
export interface InfluxConnection {
  readonly url: string;
  readonly org: string;
  readonly token: string;
}
