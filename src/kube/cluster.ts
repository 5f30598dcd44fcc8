// SPDX-License-Identifier: Apache-2.0
/**
 * What the transport needs to know of a cluster: where it is and how to be believed there. Where that comes
 * from (a pod's files, a kubeconfig) is for in-cluster.ts and kubeconfig.ts.
 * @module
 */

/** Trust and client certificate of a connection; PEM. A change of any of them means new connections. */
export interface TLSSettings {
  readonly ca?: string;
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}

/** Everything about access that may change while the process runs. */
export interface Access {
  readonly tls: TLSSettings;
  /** Value of the Authorization header, where one is sent. */
  readonly authorization?: string;
  /** For `Impersonate-User` of a kubeconfig. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Cluster {
  /** `https://host:port`, or with a path in front of every API path; no trailing slash. */
  readonly server: string;
  /** Reads the access settings as they are now. `fresh` drops whatever a credential plugin has cached. */
  access(fresh: boolean): Promise<Access>;
}
