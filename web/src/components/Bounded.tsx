/** A boundary around what others sent: should drawing it fail, only it shows an error. */
import { Component, type ReactNode } from 'react';

interface BoundedProps {
  /** Instead of what could not be drawn. */
  readonly instead: ReactNode;
  readonly children: ReactNode;
}

export class Bounded extends Component<BoundedProps, { readonly hasFailed: boolean }> {
  override readonly state = { hasFailed: false };

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.instead : this.props.children;
  }
}
